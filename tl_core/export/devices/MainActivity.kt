// A whole app of one screen: takes a picture or chooses one, and shows what the model says of it.

package %PACKAGE%

import android.graphics.Bitmap
import android.graphics.ImageDecoder
import android.os.Bundle
import android.widget.Button
import android.widget.ImageView
import android.widget.LinearLayout
import android.widget.TextView
import androidx.activity.ComponentActivity
import androidx.activity.result.PickVisualMediaRequest
import androidx.activity.result.contract.ActivityResultContracts
import androidx.activity.result.contract.ActivityResultContracts.PickVisualMedia.ImageOnly
import java.util.concurrent.Executors

class MainActivity : ComponentActivity() {
    private val worker = Executors.newSingleThreadExecutor()
    private val classifier by lazy { Classifier(this) }
    private lateinit var picture: ImageView
    private lateinit var told: TextView

    private val camera =
        registerForActivityResult(ActivityResultContracts.TakePicturePreview()) { it?.let(::show) }
    private val gallery =
        registerForActivityResult(ActivityResultContracts.PickVisualMedia()) { uri ->
            if (uri != null) show(
                ImageDecoder.decodeBitmap(ImageDecoder.createSource(contentResolver, uri)) { decoder, _, _ ->
                    decoder.allocator = ImageDecoder.ALLOCATOR_SOFTWARE
                }
            )
        }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        picture = ImageView(this).apply { adjustViewBounds = true }
        told = TextView(this).apply { textSize = 20f }
        setContentView(
            LinearLayout(this).apply {
                orientation = LinearLayout.VERTICAL
                setPadding(48, 96, 48, 48)
                addView(button("Take a picture") { camera.launch(null) })
                addView(button("Choose a picture") { gallery.launch(PickVisualMediaRequest(ImageOnly)) })
                addView(told)
                addView(picture)
            }
        )
    }

    private fun button(words: String, act: () -> Unit) =
        Button(this).apply { text = words; setOnClickListener { act() } }

    private fun show(bitmap: Bitmap) {
        picture.setImageBitmap(bitmap)
        worker.execute {
            val answers = classifier.answers(bitmap)
            runOnUiThread {
                told.text = answers.take(5).joinToString("\n") { "${it.name}: ${Math.round(100 * it.share)} %" }
            }
        }
    }

    override fun onDestroy() {
        worker.execute { classifier.close() }
        worker.shutdown()
        super.onDestroy()
    }
}
