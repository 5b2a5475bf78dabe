"""Vertex AI on loopback: the real protobuf services, whose faults a test plays."""
