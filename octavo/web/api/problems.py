"""The errors of the API, in the words and the shape that Ghost's clients know."""

from __future__ import annotations

from uuid import uuid4

from octavo.web.api.identity import Kind
from octavo.web.api.schema.envelopes import Errors, ProblemModel


class ApiError(Exception):
    """A request cannot be answered; `status` is the HTTP status."""

    def __init__(
        self,
        status: int,
        type: str,
        message: str,
        context: str | None = None,
        *,
        code: str | None = None,
        retry_after: int = 0,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.type = type
        self.message = message
        self.context = context
        self.code = code
        # Seconds; 0 where it is no matter of time.
        self.retry_after = retry_after

    def body(self) -> Errors:
        """Return the error as JSON."""
        problem = ProblemModel(
            message=self.message,
            context=self.context,
            type=self.type,
            code=self.code,
            id=str(uuid4()),
        )
        return Errors(errors=[problem])


def no_key() -> ApiError:
    """The request carries no key."""
    context = (
        "Unable to determine the authenticated member or integration. Check the supplied Content "
        "API Key and ensure cookies are being passed through if making a request from the browser."
    )
    return ApiError(403, "NoPermissionError", "Authorization failed", context)


def unknown_key() -> ApiError:
    """Return the error (401) for a key that the site does not have."""
    return ApiError(
        401, "UnauthorizedError", "Unknown Content API Key", code="UNKNOWN_CONTENT_API_KEY"
    )


def unknown_preview() -> ApiError:
    """The request's preview token is not the site's."""
    return ApiError(
        403, "NoPermissionError", "Unknown preview token", "`flask posts preview` makes one."
    )


def too_many(seconds: int) -> ApiError:
    """The client has sent too many wrong keys or tokens."""
    return ApiError(
        429, "TooManyRequestsError", f"Try again in {seconds} seconds.", retry_after=seconds
    )


def unknown_record(kind: Kind) -> ApiError:
    """There is no such article, page, tag or author."""
    message = f"Resource not found error, cannot read {kind}."
    return ApiError(404, "NotFoundError", message, f"{kind.capitalize()} not found.")


def unknown_route() -> ApiError:
    """The API has no such address."""
    return ApiError(404, "NotFoundError", "Resource not found")


def wrong_method() -> ApiError:
    """The API only reads."""
    return ApiError(405, "MethodNotAllowedError", "This API answers GET, HEAD and OPTIONS.")


def wrong_filter(reason: str) -> ApiError:
    """The filter cannot be read."""
    return ApiError(400, "BadRequestError", "Error parsing filter", reason)


def wrong_cursor() -> ApiError:
    """The cursor was not given out by this site, or for another order."""
    context = "A cursor is `meta.cursor.next` of the list before, in the same order."
    return ApiError(404, "NotFoundError", "Resource not found error, cannot read cursor.", context)


def old_cursor() -> ApiError:
    """The log of changes does not go back so far."""
    context = "Fetch everything, then begin anew with the cursor of a request without `since`."
    return ApiError(
        404, "NotFoundError", "The log of changes does not reach back to this cursor.", context
    )


def wrong_value(name: str, check: str, context: str) -> ApiError:
    """A parameter has a value that it cannot have."""
    return ApiError(422, "ValidationError", f"Validation ({check}) failed for {name}", context)


def gone() -> ApiError:
    """The files changed twice while they were read."""
    return ApiError(503, "MaintenanceError", "The articles are changing at this moment; ask again.")


def no_log() -> ApiError:
    """The log of changes cannot be written."""
    return ApiError(
        503,
        "MaintenanceError",
        "The log of changes cannot be used at the moment; ask again.",
        retry_after=5,
    )


def broken() -> ApiError:
    """The program has a fault."""
    return ApiError(500, "InternalServerError", "An unexpected error occurred, please try again.")
