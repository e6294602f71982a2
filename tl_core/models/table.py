"""The table of backbones: a family's common facts once, then one record for each size.

File names, addresses and hashes are those of `keras.applications`; a test compares them.
"""

from types import MappingProxyType
from typing import Any

from tl_core.models import starter
from tl_core.models.record import Backbone

_STORE = "https://storage.googleapis.com/tensorflow/keras-applications/"
_KERAS_TABLE = "github.com/keras-team/keras-applications, README: single centre crop"
_KERAS_SITE = "keras.io/api/applications"
_PLAIN = MappingProxyType({"include_preprocessing": False})


def _keras(folder: str, file: str, *, remote: str = "", **details: Any) -> Backbone:
    return Backbone(weights_file=file, weights_url=f"{_STORE}{folder}/{remote or file}", **details)


_MOBILENET: dict[str, Any] = {
    "family": "MobileNet",
    "builder": "MobileNet",
    "preprocessing": "tf",
    "accuracy_source": _KERAS_TABLE,
    "paper": "Howard et al. 2017, MobileNets: Efficient Convolutional Neural Networks for Mobile "
    "Vision Applications. arXiv:1704.04861.",
    "weights_license": "Apache-2.0",
}
_MOBILENET_V2: dict[str, Any] = {
    "family": "MobileNetV2",
    "builder": "MobileNetV2",
    "preprocessing": "tf",
    "accuracy_source": _KERAS_TABLE,
    "paper": "Sandler et al. 2018, MobileNetV2: Inverted Residuals and Linear Bottlenecks. "
    "arXiv:1801.04381.",
    "weights_license": "Apache-2.0",
}
_MOBILENET_V3: dict[str, Any] = {
    "family": "MobileNetV3",
    "arguments": _PLAIN,
    "preprocessing": "tf",
    "accuracy_source": "keras.applications.MobileNetV3Small, table in its documentation",
    "paper": "Howard et al. 2019, Searching for MobileNetV3. arXiv:1905.02244.",
    "weights_license": "Apache-2.0",
}
_EFFICIENTNET: dict[str, Any] = {
    "family": "EfficientNet",
    "preprocessing": "torch",
    "accuracy_source": _KERAS_SITE,
    "paper": "Tan and Le 2019, EfficientNet: Rethinking Model Scaling for Convolutional Neural "
    "Networks. arXiv:1905.11946.",
    "weights_license": "Apache-2.0",
}
_EFFICIENTNET_V2: dict[str, Any] = {
    "family": "EfficientNetV2",
    "arguments": _PLAIN,
    "accuracy_source": _KERAS_SITE,
    "paper": "Tan and Le 2021, EfficientNetV2: Smaller Models and Faster Training. "
    "arXiv:2104.00298.",
    "weights_license": "Apache-2.0",
}
_RESNET: dict[str, Any] = {
    "family": "ResNet",
    "preprocessing": "caffe",
    "accuracy_source": _KERAS_SITE,
    "paper": "He et al. 2015, Deep Residual Learning for Image Recognition. arXiv:1512.03385.",
    "weights_license": "MIT",
}
_RESNET_V2: dict[str, Any] = {
    "family": "ResNetV2",
    "preprocessing": "tf",
    "accuracy_source": _KERAS_SITE,
    "paper": "He et al. 2016, Identity Mappings in Deep Residual Networks. arXiv:1603.05027.",
    "weights_license": "BSD-3-Clause",
}
_VGG: dict[str, Any] = {
    "family": "VGG",
    "preprocessing": "caffe",
    "accuracy_source": _KERAS_TABLE,
    "paper": "Simonyan and Zisserman 2014, Very Deep Convolutional Networks for Large-Scale "
    "Image Recognition. arXiv:1409.1556.",
    "weights_license": "CC-BY-4.0",
}
_DENSENET: dict[str, Any] = {
    "family": "DenseNet",
    "preprocessing": "torch",
    "accuracy_source": _KERAS_TABLE,
    "paper": "Huang et al. 2016, Densely Connected Convolutional Networks. arXiv:1608.06993.",
    "weights_license": "BSD-3-Clause",
}
_CONVNEXT: dict[str, Any] = {
    "family": "ConvNeXt",
    "arguments": _PLAIN,
    "preprocessing": "torch",
    "accuracy_source": _KERAS_SITE,
    "paper": "Liu et al. 2022, A ConvNet for the 2020s. arXiv:2201.03545.",
    "weights_license": "MIT",
}

RECORDS: tuple[Backbone, ...] = (
    Backbone(
        name="starter",
        title="Starter",
        family="Starter",
        sentence="Small, instant, offline: it comes with Graft. For the best accuracy choose EfficientNet or ConvNeXt.",
        parameters=1_364_272,
        default_size_px=starter.DEFAULT_SIZE_PX,
        preprocessing="tf",
        paper="Tan and Le 2021, EfficientNetV2: Smaller Models and Faster Training. "
        "arXiv:2104.00298.",
        weights_license="Apache-2.0",
        notice="These weights are Graft's own, trained from random numbers by pictures of several "
        "sources (listed with their terms in assets/starter/README.md of Graft) and by a teacher: "
        "MobileNetV2 (Apache-2.0), which was trained on ImageNet (Deng et al. 2009), whose pictures "
        "are made available for non-commercial research. Whether such terms reach a model trained "
        "on a model is not settled law.",
    ),
    _keras(
        "mobilenet_v2",
        "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
        **_MOBILENET_V2,
        name="mobilenet_v2",
        title="MobileNetV2",
        sentence="Small, quick and surprisingly good: a safe choice on any computer.",
        arguments=MappingProxyType({"alpha": 1.0}),
        parameters=2_257_984,
        top1_accuracy=0.713,
        weights_hash="sha256:d19feed6a8aa4a221cb8aec7455eeed01cc978984dac4a891543bcc673843e09",
        weights_bytes=9_421_704,
    ),
    _keras(
        "mobilenet_v2",
        "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5",
        **_MOBILENET_V2,
        name="mobilenet_v2_035",
        title="MobileNetV2 0.35",
        sentence="A third as wide as MobileNetV2: for old laptops and very quick trials.",
        arguments=MappingProxyType({"alpha": 0.35}),
        parameters=410_208,
        top1_accuracy=0.601,
        weights_hash="sha256:77265b3d75d5edb792bb87e76b5719268bdfd697d5de65bad10d477d26fecb9e",
        weights_bytes=2_028_672,
    ),
    _keras(
        "mobilenet",
        "mobilenet_2_5_224_tf_no_top.h5",
        **_MOBILENET,
        name="mobilenet_025",
        title="MobileNet 0.25",
        sentence="The smallest of all: it runs on anything and sees the least.",
        arguments=MappingProxyType({"alpha": 0.25}),
        parameters=218_544,
        top1_accuracy=0.516,
        weights_hash="sha256:dbdb03ee2a22fd895301636cd328b234bb3a9952358f436d82f46b81e0d5b0bf",
        weights_bytes=2_108_140,
    ),
    _keras(
        "mobilenet_v3",
        "weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5",
        **_MOBILENET_V3,
        name="mobilenet_v3_small",
        title="MobileNetV3 Small",
        sentence="Made for phones: the quickest network here for what it knows.",
        builder="MobileNetV3Small",
        parameters=939_120,
        top1_accuracy=0.681,
        weights_hash="md5:d3e8ec802a04aa4fc771ee12a9a9b836",
    ),
    _keras(
        "mobilenet_v3",
        "weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5",
        **_MOBILENET_V3,
        name="mobilenet_v3_large",
        title="MobileNetV3 Large",
        sentence="A phone network with more knowledge: quick, and a step up from Small.",
        builder="MobileNetV3Large",
        parameters=2_996_352,
        top1_accuracy=0.756,
        weights_hash="md5:07fb09a5933dd0c8eaafa16978110389",
    ),
    Backbone(
        **_EFFICIENTNET,
        name="efficientnet_b0",
        title="EfficientNet B0",
        sentence="Knows much for its size; a good next step when MobileNet is not enough.",
        builder="EfficientNetB0",
        parameters=4_049_564,
        top1_accuracy=0.771,
        weights_file="efficientnetb0_notop.h5",
        weights_url="https://storage.googleapis.com/keras-applications/efficientnetb0_notop.h5",
        weights_hash="md5:50bc09e76180e00e4465e1a485ddc09d",
    ),
    Backbone(
        **_EFFICIENTNET,
        name="efficientnet_b3",
        title="EfficientNet B3",
        sentence="Looks at larger pictures and sees finer detail; slow without a graphics card.",
        builder="EfficientNetB3",
        parameters=10_783_528,
        default_size_px=300,
        top1_accuracy=0.816,
        weights_file="efficientnetb3_notop.h5",
        weights_url="https://storage.googleapis.com/keras-applications/efficientnetb3_notop.h5",
        weights_hash="md5:af6d107764bb5b1abb91932881670226",
    ),
    _keras(
        "efficientnet_v2",
        "efficientnetv2-b0_notop.h5",
        **_EFFICIENTNET_V2,
        name="efficientnet_v2_b0",
        title="EfficientNetV2 B0",
        sentence="A newer EfficientNet that trains faster: accurate and still small.",
        builder="EfficientNetV2B0",
        preprocessing="torch",
        parameters=5_919_312,
        top1_accuracy=0.787,
        weights_hash="md5:893217f2bb855e2983157299931e43ff",
    ),
    _keras(
        "efficientnet_v2",
        "efficientnetv2-s_notop.h5",
        **_EFFICIENTNET_V2,
        name="efficientnet_v2_s",
        title="EfficientNetV2 S",
        sentence="Very accurate and large: for a computer with a graphics card.",
        builder="EfficientNetV2S",
        preprocessing="tf128",
        parameters=20_331_360,
        default_size_px=384,
        top1_accuracy=0.839,
        weights_hash="md5:af0682fb74e8c54910f2d4393339c070",
    ),
    _keras(
        "resnet",
        "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
        **_RESNET,
        name="resnet50",
        title="ResNet50",
        sentence="The classic that most courses and papers use: solid, and easy to compare with.",
        builder="ResNet50",
        parameters=23_587_712,
        top1_accuracy=0.749,
        weights_hash="md5:4d473c1dd8becc155b73f8504c6f6626",
    ),
    _keras(
        "resnet",
        "resnet101_weights_tf_dim_ordering_tf_kernels_notop.h5",
        **_RESNET,
        name="resnet101",
        title="ResNet101",
        sentence="ResNet50 with twice the depth: a little more accurate, twice the wait.",
        builder="ResNet101",
        parameters=42_658_176,
        top1_accuracy=0.764,
        weights_hash="md5:88cf7a10940856eca736dc7b7e228a21",
    ),
    _keras(
        "resnet",
        "resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
        **_RESNET_V2,
        name="resnet50_v2",
        title="ResNet50 V2",
        sentence="ResNet50 with its layers in a better order: often trains more smoothly.",
        builder="ResNet50V2",
        parameters=23_564_800,
        top1_accuracy=0.760,
        weights_hash="md5:fac2f116257151a9d068a22e544a4917",
    ),
    _keras(
        "vgg16",
        "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        **_VGG,
        name="vgg16",
        title="VGG16",
        sentence="The simplest deep network, one layer after the other: best for learning how it works.",
        builder="VGG16",
        parameters=14_714_688,
        top1_accuracy=0.713,
        weights_hash="md5:6d6bbae143d832006294945121d1f1fc",
    ),
    _keras(
        "vgg19",
        "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
        **_VGG,
        name="vgg19",
        title="VGG19",
        sentence="VGG16 with three more layers: slow, and kept for comparison.",
        builder="VGG19",
        parameters=20_024_384,
        top1_accuracy=0.713,
        weights_hash="md5:253f8cb515780f3b799900260a226db6",
    ),
    _keras(
        "densenet",
        "densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
        **_DENSENET,
        name="densenet121",
        title="DenseNet121",
        sentence="Every layer sees all earlier ones: few weights, popular for medical pictures.",
        builder="DenseNet121",
        parameters=7_037_504,
        top1_accuracy=0.745,
        weights_hash="md5:30ee3e1110167f948a6b9946edeeb738",
    ),
    _keras(
        "densenet",
        "densenet201_weights_tf_dim_ordering_tf_kernels_notop.h5",
        **_DENSENET,
        name="densenet201",
        title="DenseNet201",
        sentence="A deeper DenseNet: more accurate, and slow on a laptop.",
        builder="DenseNet201",
        parameters=18_321_984,
        top1_accuracy=0.771,
        weights_hash="md5:c13680b51ded0fb44dff2d8f86ac8bb1",
    ),
    _keras(
        "inception_v3",
        "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
        family="Inception",
        name="inception_v3",
        title="InceptionV3",
        sentence="Looks at details of several sizes at once: good when objects vary in size.",
        builder="InceptionV3",
        parameters=21_802_784,
        default_size_px=299,
        min_size_px=75,
        preprocessing="tf",
        top1_accuracy=0.779,
        accuracy_source=_KERAS_TABLE,
        paper="Szegedy et al. 2015, Rethinking the Inception Architecture for Computer Vision. "
        "arXiv:1512.00567.",
        weights_license="Apache-2.0",
        weights_hash="md5:bcbd6486424b2319ff4ef7d526e38f63",
    ),
    _keras(
        "xception",
        "xception_weights_tf_dim_ordering_tf_kernels_notop.h5",
        family="Xception",
        name="xception",
        title="Xception",
        sentence="Inception made leaner and stronger: accurate, and heavy on a laptop.",
        builder="Xception",
        parameters=20_861_480,
        default_size_px=299,
        min_size_px=71,
        preprocessing="tf",
        top1_accuracy=0.790,
        accuracy_source=_KERAS_TABLE,
        paper="Chollet 2016, Xception: Deep Learning with Depthwise Separable Convolutions. "
        "arXiv:1610.02357.",
        weights_license="MIT",
        weights_hash="md5:b0042744bf5b25fce3cb969f33bebb97",
    ),
    _keras(
        "convnext",
        "convnext_tiny_notop.h5",
        **_CONVNEXT,
        name="convnext_tiny",
        title="ConvNeXt Tiny",
        sentence="A modern design with the best features here; patience or a graphics card needed.",
        builder="ConvNeXtTiny",
        parameters=27_820_128,
        top1_accuracy=0.813,
        weights_hash="sha256:d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
    ),
    _keras(
        "nasnet",
        "nasnet_mobile_no_top.h5",
        remote="NASNet-mobile-no-top.h5",
        family="NASNet",
        name="nasnet_mobile",
        title="NASNet Mobile",
        sentence="A network designed by a computer: small and accurate, with few places to cut.",
        builder="NASNetMobile",
        parameters=4_269_716,
        preprocessing="tf",
        top1_accuracy=0.744,
        accuracy_source=_KERAS_TABLE,
        paper="Zoph et al. 2017, Learning Transferable Architectures for Scalable Image "
        "Recognition. arXiv:1707.07012.",
        weights_license="Apache-2.0",
        weights_hash="md5:1ed92395b5b598bdda52abe5c0dbfd63",
    ),
)
