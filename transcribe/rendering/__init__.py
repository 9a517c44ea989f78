"""What is made from a recording: sound for the engine, playback, poster, waveform."""
