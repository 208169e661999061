"""A simulated accelerator: tensors that are elsewhere, computed with real values on the CPU.

Code that runs on it has moved every tensor where it belongs: a tensor of the far device that
meets one of the CPU raises, as on CUDA. All that makes the host wait for such a device, reading
a value, looking for what is set, copying something back, is counted with the line of seem_ros
that asked for it, and so are the copies to the device.

The far device calls itself ``meta``: a PyTorch without CUDA lets tensors of no other device be
indexed. Real tensors of that device hold nothing; ours hold a tensor of the CPU.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

FAR = torch.device("meta")
NEAR = torch.device("cpu")
_READS = ("_local_scalar_dense", "item", "is_nonzero", "equal", "allclose")
_SEARCHES = ("nonzero", "masked_select", "unique", "_unique2", "unique_consecutive", "argwhere")
_INDEXING = ("index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index")
_COPIES = ("_to_copy", "to")


class MixedDevicesError(RuntimeError):
    """A tensor of the far device met one of the CPU."""


class FarTensor(torch.Tensor):
    """A tensor of the far device; ``near`` holds its values."""

    near: torch.Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, near: torch.Tensor) -> FarTensor:
        """Stand for a tensor of the CPU."""
        with torch.inference_mode(False):  # views of parameters are no inference tensors
            return torch.Tensor._make_wrapper_subclass(
                cls, near.shape, strides=near.stride(), storage_offset=near.storage_offset(),
                dtype=near.dtype, device=FAR,
            )  # fmt: skip

    def __init__(self, near: torch.Tensor) -> None:
        """Keep what it stands for."""
        self.near = near

    def __repr__(self) -> str:
        """Tell where it is."""
        return f"FarTensor({self.near!r})"

    def tolist(self) -> Any:
        """Read all values: one wait."""
        _note("waits")
        return self.near.tolist()

    def numpy(self, *, force: bool = False) -> Any:
        """Refuse, as CUDA does."""
        raise TypeError("a tensor of the far device cannot be an array: copy it to the CPU first")

    @classmethod
    def __torch_dispatch__(
        cls,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Compute with the values near, and bring the result back."""
        return _computed(func, args, dict(kwargs or {}))


class FarDevice(TorchDispatchMode):
    """Within it, ``FAR`` is a device like any other.

    Attributes:
        waits: how often the host waited, by place.
        uploads: how often something was copied to the device, by place.
    """

    def __init__(self) -> None:
        """Count from 0."""
        super().__init__()
        self.waits: Counter[str] = Counter()
        self.uploads: Counter[str] = Counter()
        self._functions = _Functions()

    def __enter__(self) -> FarDevice:
        """Make the device known."""
        _counting.append(self)
        self._functions.__enter__()
        return super().__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take it away."""
        super().__exit__(kind, error, trace)
        self._functions.__exit__(kind, error, trace)
        _counting.pop()

    def counted(self, call: Callable[[], Any]) -> Any:
        """Count anew from a call on, and return what it returns."""
        self.waits.clear()
        self.uploads.clear()
        return call()

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Make tensors on the far device and between it and the CPU."""
        return _computed(func, args, dict(kwargs or {}))


class _Functions(TorchFunctionMode):
    """What never reaches the dispatcher: for ``meta`` PyTorch drops the values of lists."""

    def __torch_function__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func in (torch.tensor, torch.as_tensor) and _is_far(kwargs.get("device")):
            del kwargs["device"]
            return func(*args, **kwargs).to(FAR)
        if func in (torch.Tensor.__getitem__, torch.Tensor.__setitem__):
            target, index, *rest = args
            if isinstance(target, FarTensor):
                return func(target, _with_far_lists(index), *rest, **kwargs)
        if func is torch.Tensor.new_tensor and isinstance(args[0], FarTensor):
            return torch.tensor(*args[1:], dtype=args[0].dtype, **kwargs).to(FAR)
        return func(*args, **kwargs)


_counting: list[FarDevice] = []


def far_module(module: torch.nn.Module) -> torch.nn.Module:
    """Return a module with its parameters and buffers on the far device; for use in FarDevice."""
    return module.to(FAR)


def _with_far_lists(index: Any) -> Any:
    """Return an index whose lists, and arrays, are tensors of the far device."""
    if isinstance(index, tuple):
        return tuple(_with_far_lists(each) for each in index)
    if isinstance(index, (list, range)) or type(index).__module__ == "numpy":
        return torch.as_tensor(index).to(FAR)
    return index


def _computed(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    name = func.overloadpacket.__name__
    tensors = [x for x in tree_flatten((args, kwargs))[0] if isinstance(x, torch.Tensor)]
    far = [x for x in tensors if isinstance(x, FarTensor)]
    device = _device_of(args, kwargs)
    if device is None and not far:
        return func(*args, **kwargs)
    if any(x.device == FAR and not isinstance(x, FarTensor) for x in tensors):
        raise MixedDevicesError(f"{name}: a tensor whose values PyTorch dropped, at {_place()}")
    if name in _COPIES:
        return _copied(func, args, kwargs, device)
    _check(name, tensors, far)
    _count(name, args, bool(far))
    if name == "copy_" and not isinstance(args[0], FarTensor):
        return func(args[0], args[1].near)
    result = func(*tree_map(_near, tuple(args)), **tree_map(_near, kwargs))
    known = {id(x.near): x for x in far}
    goes_far = bool(far) if device is None else _is_far(device)

    def brought(x: Any) -> Any:
        if not isinstance(x, torch.Tensor):
            return x
        if id(x) in known:
            return known[id(x)]
        return FarTensor(x) if goes_far else x

    return tree_map(brought, result)


def _copied(func: Any, args: Sequence[Any], kwargs: dict[str, Any], device: Any) -> Any:
    """Copy, or change the type: the device may change with it."""
    source = args[0]
    was_far = isinstance(source, FarTensor)
    goes_far = was_far if device is None else _is_far(device)
    if was_far and not goes_far:
        _note("waits")
    if goes_far and not was_far:
        _note("uploads")
    result = func(*tree_map(_near, tuple(args)), **tree_map(_near, kwargs))
    if result is _near(source) and was_far == goes_far:
        return source
    if was_far != goes_far and result.untyped_storage() is _near(source).untyped_storage():
        result = result.clone()
    return FarTensor(result) if goes_far else result


def _check(name: str, tensors: Sequence[torch.Tensor], far: Sequence[torch.Tensor]) -> None:
    """Raise where devices mix; numbers, and indices, may be near, as on CUDA."""
    near = [x for x in tensors if not isinstance(x, FarTensor) and x.dim() > 0]
    if not (far and near) or name == "copy_":
        return
    if name in _INDEXING and isinstance(tensors[0], FarTensor):
        _note("uploads")
        return
    raise MixedDevicesError(f"{name} mixes devices at {_place()}")


def _count(name: str, args: Sequence[Any], is_far: bool) -> None:
    if not is_far:
        return
    if name == "copy_":
        if isinstance(args[0], FarTensor) != isinstance(args[1], FarTensor):
            _note("uploads" if isinstance(args[0], FarTensor) else "waits")
    elif (
        name in _READS
        or name in _SEARCHES
        or (name in _INDEXING and _searches(name, args))
        or name == "repeat_interleave"
        and isinstance(args[-1], FarTensor)
    ):
        _note("waits")


def _searches(name: str, args: Sequence[Any]) -> bool:
    """Whether an index is a mask that has to be counted; filling by one value does not."""
    masks = [x for x in args[1] if isinstance(x, torch.Tensor) and x.dtype in _MASKS]
    fills = "put" in name and args[2].numel() == 1
    return bool(masks) and not fills


_MASKS = (torch.bool, torch.uint8)


def _device_of(args: Sequence[Any], kwargs: Mapping[str, Any]) -> torch.device | None:
    """The device that a call asks for."""
    if kwargs.get("device") is not None:
        return torch.device(kwargs["device"])
    return next((x for x in args if isinstance(x, torch.device)), None)


def _is_far(device: Any) -> bool:
    return device is not None and torch.device(device) == FAR


def _near(x: Any) -> Any:
    if isinstance(x, FarTensor):
        return x.near
    return NEAR if isinstance(x, torch.device) else x


def _note(what: str) -> None:
    if _counting:
        getattr(_counting[-1], what)[_place()] += 1


def _place() -> str:
    """The innermost line of seem_ros that is being carried out."""
    frame = sys._getframe()
    while frame is not None:
        path = frame.f_code.co_filename
        if "/seem_ros/" in path and "/site-packages/" not in path and "/test/" not in path:
            return f"{path.rpartition('/seem_ros/')[2]}:{frame.f_lineno} {frame.f_code.co_name}"
        frame = frame.f_back
    return "outside seem_ros"
