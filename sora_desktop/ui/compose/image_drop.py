"""The area where the user drops, pastes or chooses a reference image."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QRectF, QRunnable, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QImageIOHandler,
    QImageReader,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from sora_desktop.domain.request import ReferenceImage
from sora_desktop.ui.compose.image_offer import AddressOffer, ImageOffer, accept_copy, may_offer, offer_in
from sora_desktop.ui.compose.titled import small_label
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.elided_label import ElidedLabel
from sora_desktop.ui.widgets.tool_tip import set_tip

_THUMBNAIL = 84  # pixels a side
_IMAGE_PATTERNS = "*.png *.jpg *.jpeg *.webp *.heic *.heif *.avif *.bmp *.gif *.tif *.tiff"
_PIXEL_RATIO = 2  # thumbnails are drawn for high-density screens


class _ThumbnailSignals(QObject):
    loaded = Signal(str, QImage, QSize)  # checksum, picture, and its full size as shown


class _LoadThumbnail(QRunnable):
    """Reads a scaled-down image in a pool thread: decoding a large PNG takes a second."""

    def __init__(self, file: Path, sha256: str) -> None:
        super().__init__()
        self.signals = _ThumbnailSignals()
        self._file = file
        self._sha256 = sha256

    def run(self) -> None:
        reader = QImageReader(str(self._file))
        reader.setAutoTransform(True)
        size = reader.size()
        if size.isValid():
            side = _THUMBNAIL * _PIXEL_RATIO
            reader.setScaledSize(size.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatioByExpanding))
        turned = reader.transformation() & QImageIOHandler.Transformation.TransformationRotate90
        self.signals.loaded.emit(self._sha256, reader.read(), size.transposed() if turned else size)


class ImageDrop(QFrame):
    """Shows the reference image, or how to add one. Accepts drops, clicks, Space, Return and Ctrl+V."""

    offered = Signal(ImageOffer)
    jobs_offered = Signal(object)  # tuple[JobId, ...]: rows of the list
    refused = Signal(str)  # why
    removed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shown: ReferenceImage | None = None
        self._drag_over = False
        self.setObjectName("imageDrop")
        self.setAccessibleName("Reference image, optional")
        self.setAccessibleDescription(
            "Drop an image, paste one, or press Space to choose one. A video of yours that is dropped fills the form."
        )
        self.setAcceptDrops(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)  # painted again when the pointer leaves
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedHeight(104)

        self._icon = QLabel()
        self._icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._invitation = QLabel("Drop an image, paste one, or click to choose")
        self._invitation.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._invitation.setProperty("tone", "muted")
        self._invitation.setProperty("fontSize", "small")
        self._empty = _column(self._icon, self._invitation)

        self._thumbnail = QLabel()
        self._thumbnail.setObjectName("imageThumbnail")
        self._thumbnail.setFixedSize(_THUMBNAIL, _THUMBNAIL)
        self._name = ElidedLabel()
        self._name.setObjectName("imageName")
        self._name.setProperty("weight", "medium")
        self._facts = QLabel()
        self._facts.setTextFormat(Qt.TextFormat.PlainText)
        self._facts.setProperty("tone", "muted")
        self._note = small_label("", "imageNote")
        self._note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._note.hide()
        self.replace_button = _link("Replace", "imageReplaceButton", "Replace the reference image")
        self.remove_button = _link("Remove", "imageRemoveButton", "Remove the reference image")
        dot = QLabel("·")
        dot.setProperty("tone", "faint")
        links = QHBoxLayout()
        links.setSpacing(8)
        links.addWidget(self.replace_button)
        links.addWidget(dot)
        links.addWidget(self.remove_button)
        links.addStretch(1)
        text = QVBoxLayout()
        text.setSpacing(1)
        text.addStretch(1)
        text.addWidget(self._name)
        text.addWidget(self._facts)
        text.addWidget(self._note)
        text.addLayout(links)
        text.addStretch(1)
        self._filled = QWidget()
        filled = QHBoxLayout(self._filled)
        filled.setContentsMargins(0, 0, 0, 0)
        filled.setSpacing(12)
        filled.addWidget(self._thumbnail)
        filled.addLayout(text, 1)

        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.addWidget(self._empty)
        layout.addWidget(self._filled)
        self._filled.hide()

        theme.changed.connect(self._update_icons)
        self._update_icons()

    def show_image(self, image: ReferenceImage | None) -> None:
        """Show the image, or how to add one if there is none."""
        if image == self._shown:
            return
        self._shown = image
        self._empty.setVisible(image is None)
        self._filled.setVisible(image is not None)
        self._thumbnail.clear()
        if image is not None:
            self._name.show_text(image.name)
            self._show_facts(image, QSize(image.width, image.height))
            load = _LoadThumbnail(image.file, image.sha256)
            load.signals.loaded.connect(self._show_thumbnail)
            QThreadPool.globalInstance().start(load)

    def show_note(self, note: str, explanation: str) -> None:
        """Show a few words about the image, and explain them in the tool tip. Empty for none."""
        self._note.setText(note)
        set_tip(self._note, explanation)
        self._note.setVisible(bool(note))

    def choose(self) -> None:
        """Open a file dialog and return at once."""
        from PySide6.QtWidgets import QFileDialog  # imported late to keep the start fast

        dialog = QFileDialog(self, "Choose a reference image")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([f"Images ({_IMAGE_PATTERNS})", "All files (*)"])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._file_selected)
        dialog.open()

    def offer(self, mime: QMimeData) -> bool:
        """Emit what was dropped or pasted, or why it is not used. False if there is nothing in it to speak of."""
        from sora_desktop.state.dragged_jobs import jobs_in  # not before the first paint

        if jobs := jobs_in(mime):
            self.jobs_offered.emit(jobs)
            return True
        match offer_in(mime):
            case ImageOffer() as offer:
                self.offered.emit(offer)
            case AddressOffer(reason=reason):
                self.refused.emit(reason)
            case None:
                return False
        return True

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if may_offer(event.mimeData()):
            accept_copy(event)
            self._set_drag_over(True)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        accept_copy(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_drag_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_drag_over(False)
        if self.offer(event.mimeData()):
            accept_copy(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            if not self.offer(QGuiApplication.clipboard().mimeData()):
                self.refused.emit("The clipboard holds no image. Copy an image or a file, then paste it.")
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.choose()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self._shown is not None:
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        highlighted = self.hasFocus() or self._drag_over
        pen = QPen(self._theme.color("accent" if highlighted else "faint" if self.underMouse() else "line"), 1)
        pen.setDashPattern([3, 3])
        painter.setPen(pen)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.end()

    def _set_drag_over(self, over: bool) -> None:
        self._drag_over = over
        self.update()

    def _file_selected(self, file: str) -> None:
        self.offered.emit(ImageOffer((Path(file),)))

    def _show_thumbnail(self, sha256: str, image: QImage, size: QSize) -> None:
        if self._shown is not None and self._shown.sha256 == sha256 and not image.isNull():
            self._thumbnail.setPixmap(_rounded(image))
            if size.isValid():
                self._show_facts(self._shown, size)  # an older version noted the sides as stored, not as shown and sent

    def _show_facts(self, image: ReferenceImage, size: QSize) -> None:
        self._facts.setText(f"{size.width()} × {size.height()} · {_size_text(image.size)}")

    def _update_icons(self) -> None:
        self.update()
        self._icon.setPixmap(self._theme.icon("image-square", "faint").pixmap(QSize(24, 24)))


def _column(*widgets: QWidget) -> QWidget:
    container = QWidget()
    column = QVBoxLayout(container)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(6)
    column.addStretch(1)
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch(1)
    return container


def _link(text: str, name: str, accessible_name: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(accessible_name)
    button.setProperty("kind", "link")
    button.setAutoDefault(False)
    return button


def _size_text(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{max(size, 1) / 1e3:.1f} kB"


def _rounded(image: QImage) -> QPixmap:
    """The center of the image as a square with rounded corners."""
    side = _THUMBNAIL * _PIXEL_RATIO
    image = image.scaled(
        side, side, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    )
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPainterPath()
    path.addRoundedRect(QRectF(0, 0, side, side), 6 * _PIXEL_RATIO, 6 * _PIXEL_RATIO)
    painter.setClipPath(path)
    painter.drawImage((side - image.width()) // 2, (side - image.height()) // 2, image)
    painter.end()
    pixmap.setDevicePixelRatio(_PIXEL_RATIO)
    return pixmap
