"""Drives the sandbox with HubSpot's own Python client (PyPI hubspot-api-client) and prints what it saw as JSON.

Usage: official_client.py BASE_URL
The sandbox must be empty but for the owner 88. Nothing here knows how the sandbox works; every request is built by the
client.
"""

import json
import sys
import urllib.request

from hubspot import HubSpot
from hubspot.crm.contacts import (
    BatchInputSimplePublicObjectBatchInput,
    BatchReadInputSimplePublicObjectId,
    Configuration,
    PublicMergeInput,
    PublicObjectSearchRequest,
    SimplePublicObjectInput,
    SimplePublicObjectInputForCreate,
)
from hubspot.crm.contacts import BatchInputSimplePublicObjectBatchInputForCreate as BatchCreate
from hubspot.crm.contacts.exceptions import ApiException


def connect(base_url):
    client = HubSpot(access_token="sandbox-token")
    client.config["host"] = base_url
    for api in (client.crm.contacts, client.crm.owners, client.crm.properties):
        api.config["host"] = base_url
    return client


def control(base_url, path, body=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{base_url}/_sandbox/{path}", data=data, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def refused(call):
    """The status and the body of a call that the service refuses."""
    try:
        call()
    except ApiException as error:
        return error.status, json.loads(error.body)
    raise AssertionError("the call was not refused")


def create_three(contacts):
    inputs = [
        {"properties": {"email": f"{name}@example.com", "firstname": name, "hubspot_owner_id": "88"}}
        for name in ("ada", "grace", "mary")
    ]
    created = contacts.batch_api.create(BatchCreate(inputs=inputs))
    return sorted(row.id for row in created.results)


def main(base_url):
    client = connect(base_url)
    contacts = client.crm.contacts
    seen = {}
    ids = create_three(contacts)
    seen["created"] = len(ids)

    page = contacts.basic_api.get_page(limit=2, properties=["email", "firstname"], archived=False)
    rest = contacts.basic_api.get_page(limit=2, after=page.paging.next.after, properties=["email"])
    seen["listed"] = [row.id for row in page.results + rest.results] == ids
    seen["last_page_has_no_paging"] = rest.paging is None
    seen["get_all"] = len(contacts.get_all(properties=["email"]))

    search = PublicObjectSearchRequest(
        filter_groups=[{"filters": [{"propertyName": "email", "operator": "EQ", "value": "ada@example.com"}]}],
        properties=["email"],
        limit=10,
    )
    found = contacts.search_api.do_search(search)
    seen["search_total"] = found.total
    seen["search_email"] = found.results[0].properties["email"]

    unknown = [{"id": ids[0]}, {"id": "999999"}]
    request = BatchReadInputSimplePublicObjectId(
        inputs=unknown, properties=["email"], properties_with_history=["email"]
    )
    read = contacts.batch_api.read(request)
    seen["read_type"] = type(read).__name__
    seen["read_errors"] = read.num_errors
    seen["read_history"] = read.results[0].properties_with_history["email"][0].source_type

    update = [
        {"id": ids[0], "properties": {"city": "Rome"}, "objectWriteTraceId": "0"},
        {"id": ids[1], "properties": {"no_such": "x"}, "objectWriteTraceId": "1"},
    ]
    answer = contacts.batch_api.update(BatchInputSimplePublicObjectBatchInput(inputs=update))
    seen["update_type"] = type(answer).__name__
    seen["update_trace"] = answer.errors[0].context["objectWriteTraceId"]

    conflict = SimplePublicObjectInputForCreate(properties={"email": "ada@example.com"}, associations=[])
    status, body = refused(lambda: contacts.basic_api.create(conflict))
    seen["conflict"] = [status, body["category"], body["message"].endswith(ids[0])]

    merge = PublicMergeInput(primary_object_id=ids[0], object_id_to_merge=ids[1])
    merged = contacts.merge_api.merge(merge) if hasattr(contacts, "merge_api") else contacts.basic_api.merge(merge)
    seen["merged_id_is_new"] = merged.id not in ids
    seen["old_id_resolves"] = contacts.basic_api.get_by_id(ids[1]).id == merged.id
    patched = contacts.basic_api.update(ids[0], SimplePublicObjectInput(properties={"city": "Oslo"}))
    seen["patch_of_old_id"] = patched.id == merged.id
    stale = [{"id": ids[0], "properties": {"city": "Bergen"}}]
    dropped = contacts.batch_api.update(BatchInputSimplePublicObjectBatchInput(inputs=stale))
    seen["batch_update_of_old_id"] = [type(dropped).__name__, len(dropped.results)]

    contacts.basic_api.archive(ids[2])
    seen["archived"] = [row.id for row in contacts.basic_api.get_page(archived=True).results] == [ids[2]]
    seen["owners"] = [owner.id for owner in client.crm.owners.owners_api.get_page().results]
    definition = client.crm.properties.core_api.get_by_name("contacts", "email")
    seen["property_type"] = definition.type

    limited = {"kind": {"fail_before": {"rate_limited": {"policy": "TEN_SECONDLY_ROLLING"}}}}
    control(base_url, "faults", limited)
    status, body = refused(lambda: contacts.basic_api.get_page())
    seen["rate_limited"] = [status, body["policyName"], "category" in body]
    control(base_url, "faults", method="DELETE")
    print(json.dumps(seen, sort_keys=True))


if __name__ == "__main__":
    main(sys.argv[1])
