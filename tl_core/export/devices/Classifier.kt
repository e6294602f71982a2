// Asks the model in model.tflite about pictures: Android, with MediaPipe Tasks.
// dependencies { implementation("com.google.mediapipe:tasks-vision:0.10.26") }

package %PACKAGE%

import android.content.Context
import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Color
import android.graphics.Paint
import android.graphics.RectF
import com.google.mediapipe.framework.image.BitmapImageBuilder
import com.google.mediapipe.tasks.core.BaseOptions
import com.google.mediapipe.tasks.vision.core.RunningMode
import com.google.mediapipe.tasks.vision.imageclassifier.ImageClassifier
import kotlin.math.max
import kotlin.math.min

/** What the model says of one name, 0 to 1. */
data class Answer(val name: String, val share: Float)

class Classifier(context: Context) : AutoCloseable {
    private val model = ImageClassifier.createFromOptions(
        context,
        ImageClassifier.ImageClassifierOptions.builder()
            .setBaseOptions(BaseOptions.builder().setModelAssetPath("model.tflite").build())
            .setRunningMode(RunningMode.IMAGE)
            .build()
    )

    /** Returns the answers about a picture, the surest first. Call it off the main thread. */
    fun answers(picture: Bitmap): List<Answer> {
        val found = model.classify(BitmapImageBuilder(fitted(picture)).build())
        return found.classificationResult().classifications().first().categories()
            .map { Answer(it.categoryName(), it.score()) }
            .sortedByDescending { it.share }
    }

    override fun close() = model.close()

    /** Brings a picture to the size of the network as the training did, as nearly as Android's own scaling can. */
    private fun fitted(picture: Bitmap): Bitmap {
        val shrunk = halved(picture)
        val made = Bitmap.createBitmap(SIZE, SIZE, Bitmap.Config.ARGB_8888)
        val place = place(shrunk.width.toFloat(), shrunk.height.toFloat())
        Canvas(made).apply {
            drawColor(Color.BLACK) // the bars of "pad"
            drawRect(place, Paint().apply { color = Color.WHITE }) // what is transparent becomes white
            drawBitmap(shrunk, null, place, Paint(Paint.FILTER_BITMAP_FLAG))
        }
        return made
    }

    /** Halves a large picture until one more time would be too often: scaling by more in one go leaves pixels out. */
    private fun halved(picture: Bitmap): Bitmap {
        var now = picture.copy(Bitmap.Config.ARGB_8888, false)
        while (min(now.width, now.height) >= 2 * SIZE) {
            now = Bitmap.createScaledBitmap(now, now.width / 2, now.height / 2, true)
        }
        return now
    }

    private fun place(width: Float, height: Float): RectF {
        val scale = when (FIT) {
            "pad" -> SIZE / max(width, height)
            "crop" -> SIZE / min(width, height)
            else -> return RectF(0f, 0f, SIZE.toFloat(), SIZE.toFloat())
        }
        val left = (SIZE - width * scale) / 2
        val top = (SIZE - height * scale) / 2
        return RectF(left, top, left + width * scale, top + height * scale)
    }

    companion object {
        const val SIZE = %SIZE%
        const val FIT = "%FIT%"
    }
}
