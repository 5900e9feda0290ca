import pytest

from worker.retention import removable
from worker.tool import StoredImage


def image(name: str, age: int, *, dangling: bool = False) -> StoredImage:
    return StoredImage(id=name, labels={}, tags=() if dangling else (f"repo:{name}",), created_at=-float(age), size=1)


NAMED = [image(name, age) for age, name in enumerate("abcdef")]


def gone(images: list[StoredImage], keep: int = 3, protected: set[str] | None = None) -> list[str]:
    return [found.id for found in removable(images, keep, protected or set())]


def test_all_but_the_newest_go_oldest_first() -> None:
    assert gone(NAMED) == ["f", "e", "d"]


def test_dangling_images_go_whatever_their_age() -> None:
    assert gone([image("new", 0, dangling=True), *NAMED[:2]]) == ["new"]


def test_dangling_images_do_not_count_among_the_newest() -> None:
    assert gone([image("x", 0, dangling=True), *NAMED[:4]], keep=4) == ["x"]


@pytest.mark.parametrize("protected", ["f", "repo:f"])
def test_protected_images_stay_by_id_and_by_name(protected: str) -> None:
    assert gone(NAMED, protected={protected}) == ["e", "d"]


def test_a_protected_dangling_image_stays() -> None:
    assert gone([image("live", 9, dangling=True)], protected={"live"}) == []


def test_nothing_to_remove_is_nothing() -> None:
    assert gone([]) == []
