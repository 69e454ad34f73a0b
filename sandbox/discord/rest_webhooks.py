"""REST: responses to interactions. The token in the path is the only credential."""

from aiohttp import web

from sandbox.discord.interactions import Interaction, Interactions
from sandbox.discord.messages import Message, Messages
from sandbox.discord.responses import ResponseHandler
from sandbox.discord.rest import answer, body_of


class Webhooks:
    """The routes below /interactions and /webhooks."""

    def __init__(
        self, messages: Messages, interactions: Interactions, answers: ResponseHandler
    ) -> None:
        self._messages = messages
        self._interactions = interactions
        self._answers = answers

    def routes(self) -> list[web.RouteDef]:
        """List the routes."""
        message = "/webhooks/{application}/{token}/messages/{message}"
        return [
            web.post("/interactions/{interaction}/{token}/callback", self.first),
            web.post("/webhooks/{application}/{token}", self.follow_up),
            web.get(message, self.get),
            web.patch(message, self.edit),
            web.delete(message, self.remove),
        ]

    async def first(self, request: web.Request) -> web.Response:
        """POST /interactions/{interaction}/{token}/callback."""
        body = await body_of(request)
        where = request.match_info
        shown = self._answers.first(where["interaction"], where["token"], body)
        wanted = request.query.get("with_response", "").lower() in ("1", "true")
        return answer(shown) if wanted else answer()

    async def follow_up(self, request: web.Request) -> web.Response:
        """POST /webhooks/{application}/{token}; answers with the message, as if `wait` were set."""
        body = await body_of(request)
        return answer(self._answers.follow_up(self._interaction(request), body).shown)

    async def get(self, request: web.Request) -> web.Response:
        """GET /webhooks/{application}/{token}/messages/{message}."""
        return answer(self._message(request)[1].shown)

    async def edit(self, request: web.Request) -> web.Response:
        """PATCH /webhooks/{application}/{token}/messages/{message}."""
        body = await body_of(request)
        interaction, message = self._message(request)
        return answer(self._answers.edit(interaction, message, body).shown)

    async def remove(self, request: web.Request) -> web.Response:
        """DELETE /webhooks/{application}/{token}/messages/{message}."""
        self._messages.remove(self._message(request)[1])
        return answer()

    def _interaction(self, request: web.Request) -> Interaction:
        where = request.match_info
        return self._interactions.alive(where["application"], where["token"])

    def _message(self, request: web.Request) -> tuple[Interaction, Message]:
        interaction = self._interaction(request)
        return interaction, self._answers.message(interaction, request.match_info["message"])
