"""A small service that makes thumbnails of pictures."""

from flask import Flask, abort, render_template, request, send_file

from .thumbnail import SIZES, thumbnail


def create_app() -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 20 * 1024 * 1024

    @app.get("/")
    def index():
        return render_template("index.html", sizes=SIZES)

    @app.post("/thumbnail/<size>")
    def make(size: str):
        if size not in SIZES:
            abort(404, "There is no such size.")
        picture = request.files.get("picture")
        if picture is None:
            abort(400, "A picture is missing.")
        return send_file(thumbnail(picture.stream, SIZES[size]), mimetype="image/jpeg")

    @app.get("/healthz")
    def healthz():
        return {"status": "ok"}

    return app
