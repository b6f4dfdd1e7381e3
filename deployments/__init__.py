"""When and where: served here, or deployed to work pools by prefect.yaml."""
