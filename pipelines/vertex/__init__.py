"""The Vertex AI backend, through google-cloud-aiplatform."""
