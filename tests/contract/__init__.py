"""One suite a port, for every implementation of it."""

import pytest

pytest.register_assert_rewrite("contract.telephony", "contract.sms")
