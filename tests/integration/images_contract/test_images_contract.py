"""What both engines promise (``worker.tool.Images``) of images, asked of each."""

from pathlib import Path

import pytest

from pipeline.errors import StepFailed, ToolError
from tests.integration.image_app import App, new_name
from worker.tool import Images


def test_same_content_builds_to_the_same_id(app: App) -> None:
    first = app.build()
    assert app.build() == first


def test_other_model_builds_to_another_id(app: App) -> None:
    first = app.build()
    app.write("model/weights.txt", "4 5 6\n")
    assert app.build("2") != first


def test_image_is_found_by_its_label(app: App) -> None:
    built = app.build("abc")
    found = app.images.find("io.pushrail.content", "abc")
    assert found is not None
    assert found.id == built
    assert app.images.find("io.pushrail.content", "abd") is None


def test_untagged_image_is_stored_without_a_name(app: App) -> None:
    built = app.build()
    (stored,) = app.images.stored()
    assert (stored.id, stored.tags) == (built, ())
    assert stored.size > 0


def test_tagged_image_is_stored_with_its_name(app: App) -> None:
    built = app.build()
    app.images.tag(built, "git-1", app.lines.append)
    (stored,) = app.images.stored()
    assert f"{app.name}:git-1" in stored.tags


def test_tagging_again_gives_the_same_reference(app: App) -> None:
    built = app.build()
    assert app.images.tag(built, "git-1", app.lines.append) == app.images.tag(built, "git-1", app.lines.append)


def test_tag_is_never_moved_to_other_content(app: App) -> None:
    app.images.tag(app.build(), "git-1", app.lines.append)
    app.write("model/weights.txt", "4 5 6\n")
    other = app.build("2")
    with pytest.raises(ToolError, match="a tag is never moved"):
        app.images.tag(other, "git-1", app.lines.append)


def test_images_of_another_app_are_not_seen(app: App, make: tuple[str, object]) -> None:
    built = app.build("shared")
    other: Images = make[1](new_name())  # type: ignore[operator]
    assert not other.stored()
    assert other.find("io.pushrail.content", "shared") is None
    assert other.remove(built) == 0
    assert app.images.stored()


def test_removed_image_is_gone_with_its_tags(app: App) -> None:
    app.write("model/weights.txt", app.name)
    built = app.build()
    app.images.tag(built, "git-1", app.lines.append)
    reference = app.images.tag(built, "git-2", app.lines.append)
    assert app.images.has(reference)
    assert app.images.remove(built) > 0
    assert not app.images.stored()
    assert not app.images.has(reference)
    assert app.images.remove(built) == 0


def test_folder_is_extracted_by_id_and_by_reference(app: App, tmp_path: Path) -> None:
    built = app.build()
    for number, image in enumerate([built, app.images.tag(built, "git-1", app.lines.append)]):
        app.images.extract(image, "model/", tmp_path / f"out{number}")
        assert (tmp_path / f"out{number}/weights.txt").read_text() == "1 2 3\n"


def test_extracted_folder_takes_the_place_of_what_was_there(app: App, tmp_path: Path) -> None:
    built = app.build()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/stale").touch()
    app.images.extract(built, "model", tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["weights.txt"]


def test_extracting_what_the_image_lacks_is_the_apps_fault(app: App, tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="nothing"):
        app.images.extract(app.build(), "nothing", tmp_path / "out")


def test_extracting_from_an_image_that_is_gone_is_not_the_apps_fault(app: App, tmp_path: Path) -> None:
    with pytest.raises(ToolError):
        app.images.extract(f"sha256:{'0' * 64}", "model", tmp_path / "out")
