"""The pages in a headless browser, beside a real server, a real desk, and helpers with clients of their own."""
