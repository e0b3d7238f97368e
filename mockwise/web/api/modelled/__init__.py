"""The operations that are modelled for real (facts 6.3), under their legacy and their quarterly paths.

Each is a function of a `Call` that was let in; it looks at and changes the sandbox, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mockwise.web.api.answers import Answer
from mockwise.web.api.call import Call
from mockwise.web.api.modelled import people, playground, signup, subscriptions

MODELLED: Mapping[str, Callable[[Call], Answer]] = {
    "authenticatedPlayground": playground.show,
    "claimAccountCreate": signup.claim,
    "profileGet": people.show_profile,
    "profileList": people.list_profiles,
    "profileListV1": people.list_profiles_as_before,
    "userCheckExists": signup.exists,
    "userCreate": signup.sign_up,
    "userGetById": people.show_user,
    "userGetByToken": people.show_user,
    "webhookApplicationSubscriptionCreate": subscriptions.create,
    "webhookApplicationSubscriptionDelete": subscriptions.delete,
    "webhookApplicationSubscriptionGet": subscriptions.show,
    "webhookApplicationSubscriptionList": subscriptions.list_all,
}
"""What answers, by Wise's `operationId`."""
