"""A day at a school: who comes, what is captured, what is printed and handed over."""
