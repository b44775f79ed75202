"""People and programs that use the centre: who they are, what they may do where, what they did.

    password ─▶ login ─▶ session (cookie) ─┐
    OpenID provider ─────▶ session ────────┼─▶ Rights: group of sites → what may be done there
    token of a program ────────────────────┘
    every change ─▶ audit

Passwords are kept as argon2id, cookies and tokens as SHA-256; what a database holds opens nothing.
"""
