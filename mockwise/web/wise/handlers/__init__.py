"""The operations that are modelled for real (docs/wise/operations.md#endpoints), under their legacy and their quarterly paths.

Each is a function of a `Call` that was let in; it reads and changes the sandbox, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mockwise.web.wise.api_call import Call
from mockwise.web.wise.handlers import playground, profiles, signup, subscriptions
from mockwise.web.wise.responses import Response

MODELLED: Mapping[str, Callable[[Call], Response]] = {
    "authenticatedPlayground": playground.show,
    "claimAccountCreate": signup.claim,
    "profileGet": profiles.show_profile,
    "profileList": profiles.list_profiles,
    "profileListV1": profiles.list_profiles_as_before,
    "userCheckExists": signup.exists,
    "userCreate": signup.sign_up,
    "userGetById": profiles.show_user,
    "userGetByToken": profiles.show_user,
    "webhookApplicationSubscriptionCreate": subscriptions.create,
    "webhookApplicationSubscriptionDelete": subscriptions.delete,
    "webhookApplicationSubscriptionGet": subscriptions.show,
    "webhookApplicationSubscriptionList": subscriptions.list_all,
}
"""What answers, by Wise's `operationId`."""
