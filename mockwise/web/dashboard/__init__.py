"""The hub: a page to look at a mock and to press. It lives on the control host, and does nothing that the API cannot."""
