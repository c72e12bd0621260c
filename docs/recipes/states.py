"""Provider states for a staging system, in the smallest useful form: open orders, and a look at their statuses.

Replace the import by three functions of your own system. Runs on Python alone:  python states.py 8099
"""

import json
import sys
from wsgiref.simple_server import make_server

# (account name) -> order id; (order id) -> status, "absent" for none; (order id), which may have ended by then
from my_venue import cancel_order, place_open_order, status_of


def orders(params):
    """Answer the state `orders`: as many open orders of an account as are asked for."""
    if params["status"] != "open" or params.get("engine", "CLOB") != "CLOB":
        return None
    return {"orders": [{"orderId": place_open_order(params["caller"])} for _ in range(params["count"])]}


def order_statuses(params):
    """Answer the state `order statuses`: open, partially_filled, filled, cancelled, rejected, expired or absent."""
    return {"statuses": {order_id: status_of(order_id) for order_id in params["orderIds"]}}


def give_back(values):
    """Undo the state `orders`: cancel what is still open of the orders that it answered."""
    for order in values.get("orders", ()):
        cancel_order(order["orderId"])
    return {}


STATES = {"orders": orders, "order statuses": order_statuses}


def app(environ, start_response):
    """One POST a state; 501 says that it is not offered, and only the checks that need it are then not tested."""
    asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    if asked.get("action") == "teardown":
        values = give_back(asked.get("values", {})) if asked["state"] == "orders" else None
    else:
        offered = STATES.get(asked["state"])
        values = offered(asked.get("params", {})) if offered else None
    start_response("501 Not offered" if values is None else "200 OK", [("Content-Type", "application/json")])
    return [json.dumps(values or {}).encode()]


if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), app).serve_forever()
