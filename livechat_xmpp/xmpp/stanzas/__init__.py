"""Every element we define or extend, one module a namespace."""
