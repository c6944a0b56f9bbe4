from interp_core import CAPABILITY, Model


def test_forty_items_each_with_a_right_and_a_wrong_answer():
    assert len(CAPABILITY) == 40
    assert len({prompt.id for prompt in CAPABILITY}) == len({prompt.user for prompt in CAPABILITY}) == 40
    for prompt in CAPABILITY:
        fields = dict(prompt.fields)
        assert fields["right"] != fields["wrong"]
    arm = Model("mediated").preference(CAPABILITY)
    assert arm.quantity.unit == "nats"
