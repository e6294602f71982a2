// Asks the model in model.tflite about pictures: iOS, with MediaPipe Tasks (pod 'MediaPipeTasksVision').

import MediaPipeTasksVision
import UIKit

/// What the model says of one name, 0 to 1.
struct Answer {
    let name: String
    let share: Float
}

final class Classifier {
    private static let size = %SIZE%
    private static let fit = "%FIT%"
    private let model: ImageClassifier

    init() throws {
        guard let path = Bundle.main.path(forResource: "model", ofType: "tflite") else {
            throw CocoaError(.fileNoSuchFile)
        }
        let options = ImageClassifierOptions()
        options.baseOptions.modelAssetPath = path
        options.runningMode = .image
        model = try ImageClassifier(options: options)
    }

    /// Returns the answers about a picture, the surest first. Call it off the main thread.
    func answers(_ picture: UIImage) throws -> [Answer] {
        let found = try model.classify(image: MPImage(uiImage: fitted(picture)))
        let categories = found.classificationResult.classifications.first?.categories ?? []
        return categories
            .map { Answer(name: $0.categoryName ?? "", share: $0.score) }
            .sorted { $0.share > $1.share }
    }

    /// Brings a picture to the size of the network as the training did, as nearly as iOS's own scaling can.
    private func fitted(_ picture: UIImage) -> UIImage {
        let side = CGFloat(Self.size)
        var place = CGRect(x: 0, y: 0, width: side, height: side)
        if Self.fit != "squash" {
            let (width, height) = (picture.size.width, picture.size.height)
            let scale = side / (Self.fit == "pad" ? max(width, height) : min(width, height))
            place = CGRect(
                x: (side - width * scale) / 2, y: (side - height * scale) / 2,
                width: width * scale, height: height * scale)
        }
        let format = UIGraphicsImageRendererFormat()
        format.scale = 1
        format.opaque = true
        return UIGraphicsImageRenderer(size: CGSize(width: side, height: side), format: format).image { context in
            UIColor.black.setFill()  // the bars of "pad"
            context.fill(CGRect(x: 0, y: 0, width: side, height: side))
            UIColor.white.setFill()  // what is transparent becomes white
            context.fill(place)
            context.cgContext.interpolationQuality = .high
            picture.draw(in: place)
        }
    }
}
