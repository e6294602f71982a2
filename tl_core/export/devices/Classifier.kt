// Asks the model in model.tflite about pictures: Android, with MediaPipe Tasks.
// dependencies { implementation("com.google.mediapipe:tasks-vision:0.10.26") }

package %PACKAGE%

import android.content.Context
import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Color
import com.google.mediapipe.framework.image.BitmapImageBuilder
import com.google.mediapipe.tasks.core.BaseOptions
import com.google.mediapipe.tasks.vision.core.RunningMode
import com.google.mediapipe.tasks.vision.imageclassifier.ImageClassifier

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

    /** Brings a picture to the size of the network, so that MediaPipe, which has a rule of its own, need not. */
    private fun fitted(picture: Bitmap): Bitmap {
        val (width, height) = picture.width to picture.height
        val whole = Bitmap.createBitmap(width, height, Bitmap.Config.ARGB_8888)
        Canvas(whole).apply {
            drawColor(Color.WHITE) // what is transparent becomes white
            drawBitmap(picture, 0f, 0f, null)
        }
        val pixels = IntArray(width * height)
        whole.getPixels(pixels, 0, width, 0, 0, width, height)
        val made = Resizing.fitted(pixels, width, height, SIZE, FIT, STORED)
        return Bitmap.createBitmap(made, SIZE, SIZE, Bitmap.Config.ARGB_8888)
    }

    companion object {
        const val SIZE = %SIZE%
        const val FIT = "%FIT%"
        const val STORED = %STORED%
    }
}
