import sys; sys.path.insert(0,"/tmp/sv")
from probe2 import run
from tests.monitoring.test_monitor_process import start, wait, CONTENT_TYPE, port
def test_it(tmp_path, port):
    p=start(tmp_path, port); wait(f"http://127.0.0.1:{port}")
    try:
        run(port,"POST /v1/records",CONTENT_TYPE)
        run(port,"PUT /v1/live","application/json")
        run(port,"POST /v1/reviews","application/json")
    finally:
        p.kill(); print(p.communicate()[1][-3000:])
