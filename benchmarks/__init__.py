"""How fast and how true gpuheat is, beside what people use today; see README.md here."""
