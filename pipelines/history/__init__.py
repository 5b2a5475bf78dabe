"""What has run, here and in the cloud: records, how they are followed, listed and compared."""
