"""Where the rules come from, as somebody outside can look it up. RFCs are cited by their numbers in the rules."""

from __future__ import annotations

TOKEN_REFERENCE = "docs.wise.com/api-reference/oauth-token/oauthtokencreate"
TOKEN_MIGRATION = "docs.wise.com/guides/developer/auth-and-security/client-credentials-token-migration"
AUTHENTICATION_ERRORS = "docs.wise.com/guides/developer/errors/authentication"
CORRELATION = "docs.wise.com/guides/developer/headers/correlation-id"
VERSIONS = "docs.wise.com, guide Global versioning"
ACCESS = "docs.wise.com, guide Embedded: authentication and access"
MTLS = "docs.wise.com, guide Mutual TLS (mTLS)"
ERRORS = "docs.wise.com, guide Errors"
OPENAPI = "docs.wise.com/_bundle/api-reference/index.yaml"

WISE_SAMPLES = "github.com/transferwise/wise-platform-samples, common/server/exchangeAuthCodeForToken.ts"
WISE_POSTMAN = "github.com/transferwise/public-api-postman-collection, saved answer of 2020-09-16"
RECORDED = "github.com/opencollective/opencollective-api, sandbox traffic recorded in July 2026"

SPRING = "github.com/spring-attic/spring-security-oauth, which Wise's token server most likely derives from"
MOCKWISE = "mockwise's own choice: Wise documents nothing"
