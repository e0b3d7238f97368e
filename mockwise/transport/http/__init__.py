"""HTTP/1.1 on one connection: uvicorn's protocol with limits, a bounded write buffer and a last answer."""
