"""Density to colours: tones, schemes, backgrounds."""
