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
    """Return error 403: the request carries no key."""
    context = (
        "Unable to determine the authenticated member or integration. Check the supplied Content "
        "API Key and ensure cookies are being passed through if making a request from the browser."
    )
    return ApiError(403, "NoPermissionError", "Authorization failed", context)


def unknown_key() -> ApiError:
    """Return error 401: the site does not have the request's key."""
    return ApiError(
        401, "UnauthorizedError", "Unknown Content API Key", code="UNKNOWN_CONTENT_API_KEY"
    )


def unknown_preview() -> ApiError:
    """Return error 403: the site did not make the request's preview token."""
    return ApiError(
        403, "NoPermissionError", "Unknown preview token", "`flask posts preview` makes one."
    )


def too_many(seconds: int) -> ApiError:
    """Return error 429: the client has sent too many wrong keys; it may ask in `seconds`."""
    return ApiError(
        429, "TooManyRequestsError", f"Try again in {seconds} seconds.", retry_after=seconds
    )


def unknown_record(kind: Kind) -> ApiError:
    """Return error 404: there is no such article, page, tag or author."""
    message = f"Resource not found error, cannot read {kind}."
    return ApiError(404, "NotFoundError", message, f"{kind.capitalize()} not found.")


def unknown_route() -> ApiError:
    """Return error 404: the API has no such address."""
    return ApiError(404, "NotFoundError", "Resource not found")


def wrong_method() -> ApiError:
    """Return error 405: the API only reads, and the request's method changes something."""
    return ApiError(405, "MethodNotAllowedError", "This API answers GET, HEAD and OPTIONS.")


def wrong_filter(reason: str) -> ApiError:
    """Return error 400: the filter cannot be read, for the `reason`."""
    return ApiError(400, "BadRequestError", "Error parsing filter", reason)


def wrong_cursor() -> ApiError:
    """Return error 404: the cursor is not from this site, or belongs to a list in another order."""
    context = "A cursor is `meta.cursor.next` of the list before, in the same order."
    return ApiError(404, "NotFoundError", "Resource not found error, cannot read cursor.", context)


def old_cursor() -> ApiError:
    """Return error 404: the log of changes no longer holds the changes after this cursor."""
    context = "Fetch everything, then begin anew with the cursor of a request without `since`."
    return ApiError(
        404, "NotFoundError", "The log of changes does not reach back to this cursor.", context
    )


def wrong_value(name: str, check: str, context: str) -> ApiError:
    """Return error 422: the parameter `name` has a value that fails the `check`."""
    return ApiError(422, "ValidationError", f"Validation ({check}) failed for {name}", context)


def changing() -> ApiError:
    """Return error 503: the articles changed twice while the answer was computed."""
    return ApiError(503, "MaintenanceError", "The articles are changing at this moment; ask again.")


def no_log() -> ApiError:
    """Return error 503: the log of changes cannot be used at the moment."""
    return ApiError(
        503,
        "MaintenanceError",
        "The log of changes cannot be used at the moment; ask again.",
        retry_after=5,
    )


def broken() -> ApiError:
    """Return error 500: the program has a fault."""
    return ApiError(500, "InternalServerError", "An unexpected error occurred, please try again.")
