"""Services about taught things: remember what an instance looks like, list and forget."""

from __future__ import annotations

import contextlib

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup

from seem_ros import srv
from seem_ros.library import Library
from seem_ros.ros.node.parts import NodeParts
from seem_ros.ros.node.waiting import done_by_worker
from seem_ros.ros.one_line import NAME, one_line


class TaughtServices:
    """Offers the services while it exists; `destroy` ends that."""

    def __init__(self, parts: NodeParts) -> None:
        """Create the services; teaching waits for the model and has a group of its own."""
        self._parts = parts
        node, own, group = parts.scope.node, parts.scope.own, MutuallyExclusiveCallbackGroup()
        self._services = [
            node.create_service(
                srv.Teach,
                own("teach"),
                self._on_teach,
                callback_group=MutuallyExclusiveCallbackGroup(),
            ),
            node.create_service(
                srv.ListTaught, own("list_taught"), self._on_list, callback_group=group
            ),
            node.create_service(
                srv.ForgetTaught, own("forget_taught"), self._on_forget, callback_group=group
            ),
        ]

    def destroy(self) -> None:
        """Destroy the services."""
        for service in self._services:
            self._parts.scope.node.destroy_service(service)
        self._services = []

    def _on_teach(
        self, request: srv.Teach.Request, response: srv.Teach.Response
    ) -> srv.Teach.Response:
        parts = self._parts
        done, response.message = done_by_worker(parts, lambda: self._teach(request))
        if done is not None:
            instance_id, response.views = done
            name = one_line(request.name, NAME)
            with contextlib.suppress(ValueError):  # it went since; it was taught all the same
                parts.controls.rename(instance_id, name)
            times = "once" if response.views == 1 else f"{response.views} times"
            response.message = f"instance {instance_id} is {name!r}, shown {times} now"
            response.success = True
        parts.scope.logger.info(f"teach: {response.message}")
        return response

    def _teach(self, request: srv.Teach.Request) -> tuple[int, int]:
        """Teach on the worker's thread; return the instance's id and the number of views.

        Raises:
            ValueError: there is nothing to be taught, or no library.
        """
        library, view = self._library(), self._parts.worker.view
        wanted = request.instance_id or (view.target_id if view else 0)
        if view is None or not wanted:
            raise ValueError("no instance is selected: give an instance_id")
        for instance in view.instances:
            if instance.id == wanted:
                if instance.mask is None:
                    raise ValueError(f"instance {wanted} is not in view: nothing can be learnt")
                return wanted, library.teach(request.name, view.rgb, instance.mask)
        known = ", ".join(str(item.id) for item in view.instances) or "none"
        raise ValueError(f"unknown instance id {wanted}; known are: {known}")

    def _on_list(
        self, _: srv.ListTaught.Request, response: srv.ListTaught.Response
    ) -> srv.ListTaught.Response:
        try:
            library = self._library()
            things = library.things()
        except (ValueError, OSError) as error:
            response.message = one_line(error)
            return response
        response.names = [thing.name for thing in things]
        response.views = [thing.views for thing in things]
        response.success, response.message = True, f"{len(things)} things in {library.path}"
        return response

    def _on_forget(
        self, request: srv.ForgetTaught.Request, response: srv.ForgetTaught.Response
    ) -> srv.ForgetTaught.Response:
        try:
            if not request.names:
                raise ValueError("give at least one name")
            response.forgotten = self._library().forget(request.names)
            response.success = True
            response.message = one_line(f"forgot {', '.join(response.forgotten)}")
        except (ValueError, OSError) as error:
            response.message = one_line(error)
        self._parts.scope.logger.info(f"forget_taught: {response.message}")
        return response

    def _library(self) -> Library:
        model = self._parts.model
        if model.library is None:
            raise ValueError(model.library_problem or "this model keeps no library")
        return model.library
