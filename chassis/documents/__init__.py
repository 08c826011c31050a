"""Files that belong to a resource: uploaded, kept once per content, downloaded with the resource's scope."""
