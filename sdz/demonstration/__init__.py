"""The platform's main job from one folder of data, through the HTTP API only."""
