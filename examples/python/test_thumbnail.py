from io import BytesIO

from PIL import Image

from app.thumbnail import thumbnail


def test_the_longer_side_fits():
    source = BytesIO()
    Image.new("RGB", (900, 300), "teal").save(source, "PNG")
    source.seek(0)
    with Image.open(thumbnail(source, 128)) as small:
        assert max(small.size) == 128
