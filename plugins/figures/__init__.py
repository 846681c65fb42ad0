"""指标 figures: monthly figures, closed and corrected in the open."""
