"""Decodes with Qt the forms of images that FFmpeg does not read or reads wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from av.video.frame import VideoFrame

from sora_desktop.media.packed_pictures import frame_of, rows_of
from sora_desktop.media.still_image import SIDE_LIMIT, ImageDamaged, ImageNotRead

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

#: Of the largest picture, with 8 bytes a pixel. Qt refuses what takes more.
_MOST_MEGABYTES = 8 * SIDE_LIMIT**2 // 1024**2
_UNCOMMON = "an image in an uncommon form"
#: What messages say that name a form.
_NOT_READ = ("Sorry, ", "Unsupported JPEG", "is not configured", "is not implemented")
_DAMAGE = "Corrupt JPEG data: "
_HARMLESS = "extraneous bytes before marker"


def decoded_by_qt(content: bytes, kind: Literal["jpeg", "tiff"]) -> VideoFrame:
    """The first picture as rgb24 or rgba, or rgba64le if it has more than 8 bits; not turned.

    For worker processes only: Qt's messages are caught meanwhile. Raises ImageDamaged if pixels are missing, or
    ImageNotRead if Qt is missing or does not read the form.
    """
    return _frame_of(_read(content, kind))


def check_with_qt(content: bytes, kind: Literal["jpeg", "tiff"]) -> None:
    """Raises as `decoded_by_qt` does, in a fourth of its time."""
    _read(content, kind)


def unpremultiplied(frame: VideoFrame) -> VideoFrame:
    """An rgba picture whose colors were multiplied with their alpha, without that. Raises ImageNotRead without Qt."""
    try:
        from PySide6.QtGui import QImage
    except ImportError as error:
        raise ImageNotRead(_UNCOMMON) from error
    width, height = frame.width, frame.height
    pixels = b"".join(rows_of(frame, 4))
    return _frame_of(QImage(pixels, width, height, 4 * width, QImage.Format.Format_RGBA8888_Premultiplied))


def _read(content: bytes, kind: str) -> QImage:
    try:
        from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QLoggingCategory, qInstallMessageHandler
        from PySide6.QtGui import QImageReader
    except ImportError as error:  # a machine without a screen may lack the system's libraries that Qt needs
        raise ImageNotRead(_UNCOMMON) from error
    category = QLoggingCategory("qt.gui.imageio.jpeg")  # type: ignore[arg-type]  # it takes no bytes, as its type says
    if not category.isWarningEnabled():  # because of QT_LOGGING_RULES; damage would go unnoticed
        raise ImageNotRead(_UNCOMMON)
    messages: list[str] = []
    data = QByteArray(content)
    device = QBuffer(data)
    device.open(QIODevice.OpenModeFlag.ReadOnly)
    QImageReader.setAllocationLimit(_MOST_MEGABYTES)
    before = qInstallMessageHandler(lambda _, __, text: messages.append(text))
    try:
        image = QImageReader(device, QByteArray(kind.encode())).read()  # the reader must not outlive its device
    finally:
        qInstallMessageHandler(before)
    if image.isNull() and (not messages or any(part in text for text in messages for part in _NOT_READ)):
        raise ImageNotRead(_UNCOMMON)
    is_damaged = any(text.startswith(_DAMAGE) and _HARMLESS not in text for text in messages)
    if image.isNull() or is_damaged:
        raise ImageDamaged
    return image


def _frame_of(image: QImage) -> VideoFrame:
    from PySide6.QtGui import QImage

    if image.depth() > 32 or image.format() == QImage.Format.Format_Grayscale16:
        form, name, pixel_bytes = QImage.Format.Format_RGBA64, "rgba64le", 8
    elif image.hasAlphaChannel():
        form, name, pixel_bytes = QImage.Format.Format_RGBA8888, "rgba", 4
    else:
        form, name, pixel_bytes = QImage.Format.Format_RGB888, "rgb24", 3
    image = image.convertToFormat(form)
    pitch, used = image.bytesPerLine(), image.width() * pixel_bytes
    bits = bytes(image.constBits())
    rows = (bits[start : start + used] for start in range(0, pitch * image.height(), pitch))
    return frame_of(b"".join(rows), image.width(), image.height(), name)
