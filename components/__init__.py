"""KFP components, one file each: artifacts in, a call into the library, artifacts out.

They are lightweight components in the project's own image, so one definition runs as a process
here, in a container, on Kubeflow and on Vertex AI. `<component>.python_func(...)` debugs as
plain Python.
"""
