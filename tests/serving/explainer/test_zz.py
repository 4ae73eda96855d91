import sys; sys.path.insert(0,"/tmp/sv")
from probe2 import run
def test_it(explainer):
    run(explainer.port,"POST /v2/models/credit-default/infer","application/json")
    run(explainer.port,"POST /v1/models/credit-default:explain","application/json")
    run(explainer.port,"POST /v1/models/credit-default:predict","application/json")
    print(explainer.log.read_text()[-6000:])
