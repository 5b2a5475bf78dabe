"""The Kubeflow Pipelines backend, through kfp.Client."""
