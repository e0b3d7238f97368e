"""The dashboard: a page in a browser that shows a mock and changes it. It does nothing that the control API cannot."""
