"""What is in a recording: its streams, tracks and times, as ffmpeg reports them."""
