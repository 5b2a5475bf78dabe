"""The TensorFlow operations that a submission may consist of: those that only compute.

The answer of each is a function of its inputs alone. So none reads or writes files, variables,
tables or queues, talks to anything, runs code, prints, or draws random numbers without being given
the seed; `ImmutableConst`, `DebugIdentity`, `DecodeProtoV2` and others that look as if they only
computed do one of these. `Empty` shows what lay in memory, and so do `Svd`, `Eig` and
`SelfAdjointEigV2` without vectors, `MatrixSolveLs` without rows and `ImageProjectiveTransformV3`
with an unknown mode: with them a model could remember. That is why this names what is allowed, and
what a later TensorFlow brings is not.
"""

_ARRAYS = """
BatchToSpace BatchToSpaceND Bitcast BroadcastArgs BroadcastGradientArgs BroadcastTo Cast Concat
ConcatOffset ConcatV2 Const DepthToSpace DynamicPartition DynamicStitch EnsureShape ExpandDims
ExtractImagePatches ExtractVolumePatches Fill Gather GatherNd GatherV2 Identity IdentityN
InvertPermutation ListDiff MirrorPad MirrorPadGrad NoOp OneHot OnesLike Pack Pad PadV2
PlaceholderWithDefault PreventGradient Range Rank Reshape Reverse ReverseSequence ReverseV2 Roll
ScatterNd Shape ShapeN Size Slice SpaceToBatch SpaceToBatchND SpaceToDepth Split SplitV Squeeze
StopGradient StridedSlice StridedSliceGrad TensorScatterAdd TensorScatterMax TensorScatterMin
TensorScatterSub TensorScatterUpdate TensorStridedSliceUpdate Tile Transpose ConjugateTranspose
Unique UniqueV2 UniqueWithCounts UniqueWithCountsV2 Unpack UnravelIndex Where ZerosLike
"""

_ELEMENTS = """
Abs Acos Acosh Add AddN AddV2 Angle ApproximateEqual Asin Asinh Atan Atan2 Atanh BesselI0 BesselI0e
BesselI1 BesselI1e BesselJ0 BesselJ1 BesselK0 BesselK0e BesselK1 BesselK1e BesselY0 BesselY1
Betainc BitwiseAnd BitwiseOr BitwiseXor Bucketize Ceil ClipByValue Complex ComplexAbs Conj Cos Cosh
Cross Dawsn Digamma Div DivNoNan Elu EluGrad Equal Erf Erfc Erfinv Exp Expint Expm1
FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsPerChannel Floor FloorDiv
FloorMod FresnelCos FresnelSin Greater GreaterEqual Igamma Igammac Imag Inv InvGrad Invert IsFinite
IsInf IsNan LeakyRelu LeakyReluGrad LeftShift Less LessEqual Lgamma LinSpace Log Log1p LogicalAnd
LogicalNot LogicalOr Maximum Minimum Mod Mul MulNoNan Ndtri Neg NextAfter NotEqual Polygamma
PopulationCount Pow QuantizeAndDequantize QuantizeAndDequantizeV2 QuantizeAndDequantizeV3
QuantizeAndDequantizeV4 Real RealDiv Reciprocal ReciprocalGrad Relu Relu6 Relu6Grad ReluGrad
RightShift Rint Round Rsqrt RsqrtGrad Select SelectV2 Selu SeluGrad Sigmoid SigmoidGrad Sign Sin
Sinh Softplus SoftplusGrad Softsign SoftsignGrad Spence Sqrt SqrtGrad Square SquaredDifference Sub
Tan Tanh TanhGrad ToBool TruncateDiv TruncateMod Xdivy Xlog1py Xlogy Zeta
"""

_REDUCTIONS = """
All Any ApproxTopK ArgMax ArgMin Bincount Cumprod Cumsum CumulativeLogsumexp DenseBincount
EuclideanNorm HistogramFixedWidth InTopK InTopKV2 L2Loss LogSoftmax LowerBound Max Mean Min
NthElement Prod SegmentMax SegmentMaxV2 SegmentMean SegmentMin SegmentMinV2 SegmentProd
SegmentProdV2 SegmentSum SegmentSumV2 Softmax SoftmaxCrossEntropyWithLogits
SparseSoftmaxCrossEntropyWithLogits Sum TopK TopKV2 UnsortedSegmentMax UnsortedSegmentMin
UnsortedSegmentProd UnsortedSegmentSum UpperBound
"""

_MATRICES = """
BandedTriangularSolve BatchMatMul BatchMatMulV2 BatchMatMulV3 Cholesky CholeskyGrad Diag DiagPart
Einsum FFT FFT2D FFT3D FFTND IFFT IFFT2D IFFT3D IFFTND IRFFT IRFFT2D IRFFT3D IRFFTND
LogMatrixDeterminant Lu MatMul MatrixBandPart MatrixDeterminant MatrixDiag MatrixDiagPart
MatrixDiagPartV2 MatrixDiagPartV3 MatrixDiagV2 MatrixDiagV3 MatrixExponential MatrixInverse
MatrixLogarithm MatrixSetDiag MatrixSetDiagV2 MatrixSetDiagV3 MatrixSolve MatrixSquareRoot
MatrixTriangularSolve Qr RFFT RFFT2D RFFT3D RFFTND SelfAdjointEig SparseMatMul TridiagonalMatMul
TridiagonalSolve
"""

_NETWORKS = """
AdjustContrastv2 AdjustHue AdjustSaturation AvgPool AvgPool3D AvgPool3DGrad AvgPoolGrad
BatchNormWithGlobalNormalization BiasAdd BiasAddGrad BiasAddV1 Conv Conv2D Conv2DBackpropFilter
Conv2DBackpropFilterV2 Conv2DBackpropInput Conv2DBackpropInputV2 Conv3D Conv3DBackpropFilterV2
Conv3DBackpropInput Conv3DBackpropInputV2 CropAndResize DataFormatDimMap DataFormatVecPermute
DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput
Dilation2D FusedBatchNorm FusedBatchNormGrad FusedBatchNormGradV2 FusedBatchNormGradV3
FusedBatchNormV2 FusedBatchNormV3 FusedPadConv2D FusedResizeAndPadConv2D HSVToRGB LRN LRNGrad
MaxPool MaxPool3D MaxPool3DGrad MaxPoolGrad MaxPoolGradV2 MaxPoolV2 MaxPoolWithArgmax RGBToHSV
ResizeArea ResizeBicubic ResizeBicubicGrad ResizeBilinear ResizeBilinearGrad ResizeNearestNeighbor
ResizeNearestNeighborGrad ScaleAndTranslate ScaleAndTranslateGrad
"""

_SEEDED_RANDOMNESS = """
RandomIndexShuffle StatelessMultinomial StatelessParameterizedTruncatedNormal
StatelessRandomBinomial StatelessRandomGammaV2 StatelessRandomGammaV3 StatelessRandomGetAlg
StatelessRandomGetKeyCounter StatelessRandomGetKeyCounterAlg StatelessRandomNormal
StatelessRandomNormalV2 StatelessRandomPoisson StatelessRandomUniform
StatelessRandomUniformFullInt StatelessRandomUniformFullIntV2 StatelessRandomUniformInt
StatelessRandomUniformIntV2 StatelessRandomUniformV2 StatelessShuffle StatelessTruncatedNormal
StatelessTruncatedNormalV2
"""

_CONTROL = """
Assert Case CheckNumerics CheckNumericsV2 GuaranteeConst If PartitionedCall StatefulPartitionedCall
StatelessCase StatelessIf StatelessWhile While
"""
"""The bodies of these are looked through in their turn."""

_LISTS = """
EmptyTensorList TensorListConcat TensorListConcatLists TensorListConcatV2 TensorListElementShape
TensorListFromTensor TensorListGather TensorListGetItem TensorListLength TensorListPopBack
TensorListPushBack TensorListPushBackBatch TensorListReserve TensorListResize TensorListScatter
TensorListScatterIntoExistingList TensorListScatterV2 TensorListSetItem TensorListSplit
TensorListStack
"""
"""Values, in spite of their names: setting an item makes a list."""

_READING_VARIABLES = "ReadVariableOp ResourceGather ResourceGatherNd VariableShape"

ALLOWED = frozenset(
    " ".join(
        (
            _ARRAYS,
            _ELEMENTS,
            _REDUCTIONS,
            _MATRICES,
            _NETWORKS,
            _SEEDED_RANDOMNESS,
            _CONTROL,
            _LISTS,
            _READING_VARIABLES,
        )
    ).split()
)
