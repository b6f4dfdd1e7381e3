"""
What can go wrong, in one sentence each.

SufficeError
├── UnusableInput (ValueError)          exit code 2: nothing was spent
│   ├── BadBrief
│   ├── BadExamples
│   ├── OverBudget
│   └── NotApproved                     a person has to say yes first
├── CallFailed (ConnectionError)        a model call that stays unanswered: missing
│   ├── NoAnswer                        nor will others soon: the endpoint is down
│   └── SpendingStopped                 the provider will not take more money
│       └── QuotaExceeded               a limit of money or of jobs is used up
├── TrainingError (RuntimeError)        exit code 1: the climb goes on without it
│   ├── TrainingUnavailable             this key may not train, or not this base
│   │   └── BaseRetired                 this base is, or will too soon be, gone
│   ├── DataRejected                    the provider refused the training file
│   ├── FileNotReady                    it refused the job: it is reading the file still
│   ├── TrainingFailed                  the job ended without a model
│   └── JobUnresolved                   a job goes on, or may: run again to follow it
│       └── ModelNotReady               the job has ended, its model does not answer
└── EnvironmentFailed (RuntimeError)    exit code 3: a server, a port, a store
    └── EndpointDown                    models, a judge or an embedder answer nothing

No class has an ``__init__`` of its own: Prefect pickles exceptions.
"""


class SufficeError(Exception):
    """Any failure this program explains in one sentence, without secrets."""

    def __str__(self) -> str:
        """The sentence; what a provider repeated of a key is left out of it."""
        from suffice.redaction import redacted

        return redacted(super().__str__())


class UnusableInput(SufficeError, ValueError):
    """What the user gave cannot be used; nothing was spent."""


class BadBrief(UnusableInput):
    """The brief names a key or a value that cannot be used."""


class BadExamples(UnusableInput):
    """The examples cannot be read, or the data gate refused them."""


class OverBudget(UnusableInput):
    """The plan, or the next call, would cost more than the brief allows."""


class NotApproved(UnusableInput):
    """The plan exceeds the brief's auto_approve_usd, and nobody has approved it."""


class CallFailed(SufficeError, ConnectionError):
    """A model call got no answer after its retries."""


class NoAnswer(CallFailed):
    """However often it was asked, the endpoint did not answer."""


class SpendingStopped(CallFailed):
    """The provider refuses further calls for reasons of money or access."""


class QuotaExceeded(SpendingStopped):
    """A limit of the account is used up: money, or how much it may train."""


class TrainingError(SufficeError, RuntimeError):
    """Fine-tuning gave no model."""


class TrainingUnavailable(TrainingError):
    """This endpoint or key may not train this base."""


class BaseRetired(TrainingUnavailable):
    """This base can no longer be tuned, or its tuned models end with it."""


class DataRejected(TrainingError):
    """The provider refused the training data."""


class FileNotReady(TrainingError):
    """The provider is still reading the file, and refused the job for now."""


class TrainingFailed(TrainingError):
    """The job was accepted and ended without a usable model."""


class JobUnresolved(TrainingError):
    """A job may be running and how it ends is not known: run again to follow it."""


class ModelNotReady(JobUnresolved):
    """The training has ended, but its model does not answer yet."""


class EnvironmentFailed(SufficeError, RuntimeError):
    """A server, port, store or installed package this program needs is not there."""


class EndpointDown(EnvironmentFailed):
    """However many calls were made, not one was answered: run again when it is up."""
