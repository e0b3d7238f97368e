"""What no view of the journal may show."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import httpx

from mockwise.common.digests import digest_of
from mockwise.sandbox.handle import Sandbox
from tests.api_calls import token
from tests.web.control.users import ANN, at, consent, grant, me, refresh


def test_no_secret_of_a_user_is_in_the_journal(control: httpx.Client, box: Sandbox) -> None:
    """Tokens, codes and state, of a consent with and without a browser."""
    client = {"client_id": box.client_id, "redirect_uri": "https://localhost/callback"}
    page = {**client, "state": "st4te-of-theirs"}
    with httpx.Client(verify=box.ssl_context()) as http:
        shown = http.get(f"{box.tls_url}/oauth/authorize/", params=page)
        who = re.findall(r'name="who" value="([^"]+)"', shown.text)[0]
        form = {"who": who, "decision": "approve"}
        sent = http.post(f"{box.tls_url}/oauth/authorize/", params=page, data=form)
    [code] = parse_qs(urlsplit(sent.headers["location"]).query)["code"]
    first = grant(box, {"grant_type": "authorization_code", "code": code, **client}).json()
    given = consent(control, box, user=ANN)
    second = grant(box, {"grant_type": "authorization_code", "code": given["code"], **client}).json()
    third = refresh(box, second).json()
    me(box, third["access_token"])
    texts = {it[name] for it in (first, second, third) for name in ("access_token", "refresh_token")}
    answer = control.get(at(box, "/exchanges"))
    assert answer.json()["count"] == 6
    for secret in (*texts, code, given["code"], box.client_secret, page["state"]):
        assert secret not in answer.text
    digests = {it["token"] for it in answer.json()["exchanges"]}
    assert digest_of(third["access_token"]) in digests


def test_no_secret_of_an_account_is_in_the_journal(control: httpx.Client, box: Sandbox) -> None:
    """Registration code, claim-account code and personal token (docs/wise/operations.md#endpoints)."""
    email, registration = "new@example.com", "registration-code-of-32-characters"
    application = {"authorization": f"Bearer {token(box)}"}
    with httpx.Client(base_url=box.mtls_url, verify=box.ssl_context()) as http:
        signup = {"email": email, "registrationCode": registration}
        made = http.post("/v1/user/signup/registration_code", headers=application, json=signup)
        assert made.status_code == 200, made.text
        form = {"grant_type": "registration_code", "client_id": box.client_id}
        tokens = grant(box, {**form, "email": email, "registration_code": registration}).json()
        user = {"authorization": f"Bearer {tokens['access_token']}"}
        begun = http.post("/v1/user/claim-account", headers=user, json={"registrationCode": registration})
    claim = begun.json()["claimAccountCode"]
    asked = {"client_id": box.client_id, "redirect_uri": "https://localhost/callback"}
    with httpx.Client(verify=box.ssl_context()) as http:
        page = http.get(f"{box.tls_url}/oauth/authorize/", params={**asked, "claim_account_code": claim})
        assert page.status_code == 200
    url = at(box, f"/users/{ANN}/personal-tokens")
    personal = control.post(url).json()["token"]
    assert me(box, personal).status_code == 200
    answer = control.get(at(box, "/exchanges"))
    assert answer.json()["count"] == 6
    for secret in (registration, claim, personal, tokens["access_token"], tokens["refresh_token"]):
        assert secret not in answer.text
