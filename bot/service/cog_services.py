"""The services that cogs may call."""

from dataclasses import dataclass

from bot.service.blocking import BlockService
from bot.service.denials import DenialService
from bot.service.held_pictures import HeldPictures
from bot.service.intake import OrderIntake
from bot.service.member_account import MemberAccount
from bot.service.member_preferences import MemberPreferences
from bot.service.moderation import ModerationService
from bot.service.operations import Operations
from bot.service.operator_status import OperatorStatusService
from bot.service.operators import Operators
from bot.service.order_actions import OrderActions
from bot.service.reported_pictures import ReportedPictures
from bot.service.reports import ReportService
from bot.service.server_figures import ServerFiguresService
from bot.service.server_membership import ServerMembership
from bot.service.surprises import Surprises
from bot.service.undelivered import UndeliveredPictures


@dataclass(frozen=True, kw_only=True)
class CogServices:
    """The services that cogs may call."""

    orders: OrderIntake
    actions: OrderActions
    reports: ReportService
    reported: ReportedPictures
    held: HeldPictures
    history: UndeliveredPictures
    account: MemberAccount
    preferences: MemberPreferences
    surprises: Surprises
    limits: ModerationService
    figures: ServerFiguresService
    blocks: BlockService
    denials: DenialService
    operators: Operators
    operations: Operations
    status: OperatorStatusService
    membership: ServerMembership
