"""What persistent buttons do. The values are part of ``custom_id``s in old messages: keep them."""

from enum import StrEnum


class OrderAction(StrEnum):
    """What a button does with an order."""

    CANCEL = "cancel"  # while nothing was sent; afterwards it asks whether to hide
    HIDE = "hide"
    HIDE_NOW = "hide_now"  # under that question
    AGAIN = "again"
    EDIT = "edit"  # opens the form with the order's options
    DELETE = "delete"  # asks for confirmation
    DELETE_NOW = "delete_now"
    KEEP = "keep"
    POST = "post"
    REPORT = "report"


class ReportAction(StrEnum):
    """What a moderator does about a reported picture."""

    SPOILER = "spoiler"
    UNSPOILER = "unspoiler"
    DELETE = "delete"  # asks for confirmation
    DELETE_NOW = "delete_now"
    RESTORE = "restore"  # takes a deletion back
    BLOCK_DAY = "block_day"
    BLOCK_WEEK = "block_week"
    BLOCK = "block"  # without an end
    UNBLOCK = "unblock"
    DISMISS = "dismiss"
    REOPEN = "reopen"  # takes a dismissal back


class HeldAction(StrEnum):
    """What a moderator decides about held pictures."""

    RELEASE = "release"
    DELETE = "delete"


class LimitsAction(StrEnum):
    """What a button of the moderators' panel or of a preview does."""

    EDIT = "edit"  # opens the form of a group
    SAVE = "save"  # a draft
    DROP = "drop"
    FORGET = "forget"  # what was deleted in Discord
    SHOW = "show"  # the panel
    FORM = "form"  # opens one of the panel's other forms
    AGAIN = "again"  # opens a form with faults as it was
    RESUME = "resume"  # orders


class StartAction(StrEnum):
    """What a button of the welcome does."""

    LOG = "log"  # this and the next one show the first steps, which have the selects
    CHANNELS = "channels"
    LIMITS = "limits"  # opens a form, as the next one does
    WORDS = "words"
    CHECK = "check"  # the bot's permissions


class BlockAction(StrEnum):
    """What a button does about blocked members."""

    LIST = "list"  # a page
    LIFT = "lift"  # in the list: a member's block
    ASK = "ask"  # opens the form to block a member
    UNBLOCK = "unblock"  # below a member


class FiguresAction(StrEnum):
    """What a button below a server's figures does."""

    SHOW = "show"  # them anew, in a theme
    CSV = "csv"


class Theme(StrEnum):
    """For which of Discord's backgrounds a picture is drawn."""

    DARK = "dark"
    LIGHT = "light"


class PrivacyAction(StrEnum):
    """What a button does with a member's data."""

    EXPORT = "export"
    DELETE = "delete"  # asks for confirmation
    CONFIRM = "confirm"
    KEEP = "keep"


class OperatorAction(StrEnum):
    """What a button of the operator does."""

    STATUS = "status"
    ORDERS = "orders"  # a page, perhaps of one state
    ORDER = "order"  # shows one
    SETTLE = "settle"  # opens the form
    RETRY = "retry"  # an outstanding order, or all
    BARRED = "barred"  # a page
    ALLOW = "allow"  # a barred server or member
    OPEN = "open"  # the lane


class Example(StrEnum):
    """Which example of the help a button opens in the form."""

    PLAIN = "plain"
    FOUR = "four"  # pictures
    STYLE = "style"
    PRIVATE = "private"
    DRAFT = "draft"


class SettingsAction(StrEnum):
    """What a button does with the settings of whoever clicks it."""

    MORE = "more"  # opens the form of the defaults that are typed
    STYLE = "style"  # opens the form of a new own style
    FORGET = "forget"  # all defaults
