"""Fine-tuning: a denoiser and a reward in, a denoiser out."""
