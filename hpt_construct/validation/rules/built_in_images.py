"""Which training images are SageMaker's built-in algorithms, which bring their metrics with them."""

from __future__ import annotations

import re

_IMAGE = re.compile(
    r"(?P<account>[0-9]{12})\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.[a-z0-9.-]+/(?P<repository>[^:@]+)(?:[:@].*)?"
)

# The repositories and, below, every account that holds one of them, as the SageMaker Python SDK lists them
# (image_uri_config). Framework images (those of 763104351884, scikit-learn) are no part: a script defines its metrics.
_REPOSITORIES = frozenset(
    {
        "blazingtext",
        "factorization-machines",
        "forecasting-deepar",
        "image-classification",
        "ipinsights",
        "kmeans",
        "knn",
        "lda",
        "linear-learner",
        "ntm",
        "object-detection",
        "object2vec",
        "pca",
        "randomcutforest",
        "sagemaker-xgboost",
        "semantic-segmentation",
        "seq2seq",
        "xgboost",
    }
)
_ACCOUNTS = frozenset(
    """
    104374241257 106583098589 108575199400 121021644041 124985052026 141502667606 156387875391 174872318107
    190319476487 204372634319 224300973850 226302683700 237065988967 246618743249 249704162688 257386234256
    257758044811 258307448986 266724342769 272398656194 281123927165 286214385809 293181348795 297031611018
    306986355934 341280168497 351501993468 353608530281 354813040037 364406365360 366743142698 382416733822
    387376663083 390948362332 404615174143 414596584902 433757028032 438346466558 450853457545 451049120500
    455444449433 469771592824 475088953585 490574956308 492215442770 495149712605 501404015308 510948584623
    514117268639 522234722520 544295431143 566113047672 628508329040 632365934929 633353088612 644912444149
    651117190479 659782779980 662702820516 664544806723 669576153137 680994064768 683313688378 685385470294
    712309505854 720646828776 737474898029 746614075791 749696950732 764974769150 765400339828 766337827248
    783357654285 801668240914 811284229777 813361260812 825641698319 833128469047 835164637446 855470959533
    867004704886 898809789911 951798379941 978288397137 991648021394 999678624901 999911452149
    """.split()  # noqa: SIM905 - 87 lines of one account each would not be read
)


def repository(image: str) -> str:
    """Return the repository of an image in ECR; of another, nothing.

    >>> repository("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1")
    'sagemaker-xgboost'
    """
    found = _IMAGE.fullmatch(image)
    return found["repository"] if found else ""


def is_built_in(image: str) -> bool:
    """Tell whether an image is known to be a built-in algorithm.

    >>> is_built_in("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1")
    True
    >>> is_built_in("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3")
    False
    """
    found = _IMAGE.fullmatch(image)
    return found is not None and found["account"] in _ACCOUNTS and found["repository"] in _REPOSITORIES
