"""Balance, prices, spending limit, and what a create cost."""
