"""Where pictures wait until somebody wants them: a folder, or an S3-compatible bucket."""
